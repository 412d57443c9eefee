package store

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5"
)

// connectBulk connects for work that is not done in seconds: no answer is given up, but for a network that is cut.
func connectBulk(ctx context.Context, config *pgx.ConnConfig, after func(context.Context, *pgx.Conn) error) (*pgx.Conn, error) {
	config.DialFunc = (&net.Dialer{KeepAlive: answerWithin}).DialContext
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, notConnected(err)
	}
	if err := after(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return conn, nil
}
