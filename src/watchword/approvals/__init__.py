"""What may be confirmed, and the approval that confirming gives."""
