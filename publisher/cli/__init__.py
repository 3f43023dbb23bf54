"""What people type, and what is printed in answer."""
