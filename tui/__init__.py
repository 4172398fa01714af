"""What people see: the app, its screens and its pictures."""
