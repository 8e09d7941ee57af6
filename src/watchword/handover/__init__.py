"""What the platform behind the door uses: its services and their credentials."""
