"""Messages to people: outbox, templates, mail, SMS, state of delivery."""
