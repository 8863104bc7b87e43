"""The cheapest settings within the budgets: candidates judged on traffic with its incidents mixed anew."""
