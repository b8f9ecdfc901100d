"""Running Anju: entry points, command line, embedded servers, monitoring, load tests, decisions."""
