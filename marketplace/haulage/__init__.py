"""What a carrier does day by day: the requests it gets, the plan of its day, the tracks of its loads."""
