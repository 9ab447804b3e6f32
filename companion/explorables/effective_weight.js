// theory.effective_weight: of a batch with m positives they have the part w m / Σw; m is binomial. A common factor of
// its probabilities cancels, so they begin with 1 at their largest.
const effectiveWeight = (prior, w, size) => {
  let positive = 0, negative = 0;
  const add = (m, chance) => {
    positive += chance * w * m / (size - m + w * m);
    negative += chance * (size - m) / (size - m + w * m);
  };
  const odds = prior / (1 - prior), mode = Math.floor((size + 1) * prior);
  for (let m = mode, chance = 1; m <= size; chance *= (size - m) / (m + 1) * odds, m++) add(m, chance);
  for (let m = mode, chance = 1; m > 0;) add(--m, chance *= (m + 1) / (size - m) / odds);
  return positive * (1 - prior) / (negative * prior);
};
const draw = (prior, w, size) => {
  const sizes = Array.from({length: 49}, (_, i) => Math.round(2 ** (i / 4)));
  const left = effectiveWeight(prior, w, size);
  return {
    asked: [[1, w], [4096, w]],
    left: sizes.map(each => [each, effectiveWeight(prior, w, each)]),
    here: [[size, left]],
    said: `With π = ${prior} and w = ${w}, in batches of ${size.toLocaleString("en")}, each divided by its own ` +
      `sum of weights, the weight amounts to ${+left.toPrecision(3)}.`,
  };
};
