"""The matching engine: columns in, likely pairs with the reasons for each out. It knows no database and no web page."""
