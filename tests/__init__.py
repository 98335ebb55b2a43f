"""The tests mirror the house: a room's promises are in the folder of its name."""
