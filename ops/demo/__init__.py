"""The demo: a firm with the community 锦绣花园, its people and some weeks of orders. Exists in demo mode only."""
