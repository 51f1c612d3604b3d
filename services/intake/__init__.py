"""Intake accepts a sealed melding, numbers it, makes it durable and gives the receipt."""
