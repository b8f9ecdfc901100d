"""What is done with fees, one module for each matter."""
