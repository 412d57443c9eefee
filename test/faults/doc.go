// Package faults holds tests only: the service itself, the program that an operator runs, on PostgreSQL, while
// doctors work over HTTP and what it stands on is taken away: the service and the database are killed, a standby
// takes over, the network stalls and breaks, the disk is full, connections run out, the business clock moves.
// What was acknowledged to a doctor is then looked for in the store: it is there, once, with its entry in the
// access log. Nothing imports this package.
package faults
