"""The list on which two people confirm, each month, who administers AdminOps and who may see most."""
