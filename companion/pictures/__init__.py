"""The larger figures of the lessons: functions that draw arrays, which `companion.plots.show` then shows.

Each module holds those of one lesson, or of several that draw alike. They compute nothing that a lesson teaches, and
colours mean quantities, not frameworks.
"""
