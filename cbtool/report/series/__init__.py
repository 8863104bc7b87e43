"""What figures are drawn from: a few hundred points out of any number of calls, the extremes kept."""
