"""Who could see a client's record on a day, and who looked: put together from what is on record of that day."""
