"""Background work: the timetable (`schedule`), who cares about which fact (`reactions`), and a few lines a task."""
