"""Benches: figures that say how fast it is, most of them ratios measured side by side. `./dev bench` runs them."""
