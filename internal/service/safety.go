package service

import (
	"net"
	"net/netip"
	"net/url"

	"vaccin/internal/registry"
)

// safe refuses settings under which data of patients or of the service would travel in clear or lie open.
func (c Config) safe(public *url.URL) error {
	if public.Scheme != "https" && !loopback(public.Hostname()) {
		return registry.Invalid("L’adresse publique " + public.Scheme + "://" + public.Host + " n’est pas en https\u00a0: identités et données de patients " +
			"y passeraient en clair. Indiquez une adresse https (--public-url), avec un certificat (--tls-cert, --tls-key) ou derrière un " +
			"serveur mandataire qui en a un. (The public address must be https, but for this machine’s own.)")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return registry.Invalid("Le certificat et sa clé vont ensemble : indiquez --tls-cert et --tls-key. (A certificate needs its key.)")
	}
	if c.MetricsListen == "" || c.MetricsAnywhere {
		return nil
	}
	if host, _, err := net.SplitHostPort(c.MetricsListen); err != nil || !loopback(host) {
		return registry.Invalid("Les mesures seraient servies à toutes les machines du réseau à l’adresse " + c.MetricsListen + ". Choisissez une adresse " +
			"de cette machine (127.0.0.1), ou --metrics-anywhere si le réseau est protégé. (Metrics stay on the loopback unless told.)")
	}
	return nil
}

// loopback tells that a host is this machine, however it is reached from.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// clear tells that the service listens in clear where other machines reach it, with no https before it.
func (c Config) clear(public *url.URL) bool {
	host, _, err := net.SplitHostPort(c.Listen)
	return c.TLSCert == "" && public.Scheme != "https" && (err != nil || !loopback(host))
}
