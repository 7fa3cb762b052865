"""The verbs: rates, exchange rates, decisions, what VIES says, and where a buyer is."""
