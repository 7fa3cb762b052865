"""Whatever happens in whatever order: money and credit add up, nothing goes out twice, every balance can reach zero."""
