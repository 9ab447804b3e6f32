"""The browser of the tests of the site and of the slides: this machine's Chromium, the network cut."""

from contextlib import contextmanager

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api", reason="the extra `site` is not installed; make test ALL=1 installs it"
)

from tools.pdf import CHROMIUM  # noqa: E402  it needs the same extra


@contextmanager
def launched():
    """Chromium, running; where there is none, the test is skipped and says so."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: pages are not looked at in a browser")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


def new_tab(browser, trouble, **options):
    """Return a tab of a new reader; errors, warnings and requests for anything but files are added to `trouble`."""
    context = browser.new_context(**options)
    context.set_offline(True)
    tab = context.new_page()
    tab.on("console", lambda said: trouble.append(said.text) if said.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: trouble.append(str(error)))
    tab.on("requestfailed", lambda request: trouble.append(f"failed: {request.url}"))
    tab.on("request", lambda request: None if request.url[:5] in ("file:", "data:") else trouble.append(request.url))
    return tab


def close(browser):
    """Close every tab, so that the next test finds nothing that a reader before it chose."""
    for context in browser.contexts:
        context.close()
