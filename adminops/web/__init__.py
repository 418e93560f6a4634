"""The UI kit: access, forms, listing, formats, navigation, icons, assets, error pages."""
