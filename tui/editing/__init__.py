"""Drawing and editing regions in whole pixels of the upright picture; knows no screen and no store."""
