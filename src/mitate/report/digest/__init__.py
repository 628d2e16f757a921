"""What every format says alike: clean words, the verdict, and the groups that findings and gaps fall into."""
