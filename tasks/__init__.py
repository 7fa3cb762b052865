"""Background work: the timetable, the reactions to facts, and one file per feature."""
