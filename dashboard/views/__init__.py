"""What people reach by address: one file per noun. Views fetch with permission, ask a form, call a service, render."""
