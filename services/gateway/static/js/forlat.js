// Leads away from the page at once.
