// Package ops holds tests only: the program as it is operated. They build it, and run it over a PostgreSQL of their
// own with the roles, the package and the runbooks that ship: rolling restarts, migrations and restorations while
// acts are being recorded.
package ops
