"""A mutation run: which changed expressions and statements no test notices."""
