// Package card holds tests only: the whole service with the door of CPS cards, over TLS, from clients
// whose keys stay in a token (SoftHSM, through PKCS#11) as those of cards do. A machine without SoftHSM
// fails them. Nothing imports this package.
package card
