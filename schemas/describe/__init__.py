"""What is said of a release to other programs, derived from the declarations: nothing in here lists a column."""
