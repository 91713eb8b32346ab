"""Ask the strategies, prove, rank."""
