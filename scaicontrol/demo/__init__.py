"""A believable world for an empty development machine: partners, tenants, services, and three months of their life."""
