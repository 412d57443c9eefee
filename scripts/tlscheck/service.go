package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// service builds and starts the program of production with TLS, on a store of its own.
func service(ctx context.Context, folder string) (address, authority string, stop func(), err error) {
	at := func(name string) string { return filepath.Join(folder, name) }
	if err := certificates(at("ca.pem"), at("chain.pem"), at("key.pem")); err != nil {
		return "", "", nil, err
	}
	if err := os.WriteFile(at("secret"), []byte("of no provider"), 0o600); err != nil {
		return "", "", nil, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", at("vaccin"), "./cmd/vaccin")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", "", nil, fmt.Errorf("building the service: %w", err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", "", nil, err
	}
	_, port, _ := net.SplitHostPort(free.Addr().String())
	if err := free.Close(); err != nil {
		return "", "", nil, err
	}
	log, err := os.Create(at("log"))
	if err != nil {
		return "", "", nil, err
	}
	defer log.Close()
	serve := exec.CommandContext(ctx, at("vaccin"), "serve", "--store", at("vaccin.db"), "--key-file", at("service.key"), "--drain", "0s",
		"--listen", "127.0.0.1:"+port, "--metrics-listen", "", "--tls-cert", at("chain.pem"), "--tls-key", at("key.pem"),
		"--psc-client-id", "none", "--psc-client-secret-file", at("secret"))
	serve.Stderr = log
	if err := serve.Start(); err != nil {
		return "", "", nil, fmt.Errorf("starting the service: %w", err)
	}
	stop = func() {
		_ = serve.Process.Signal(syscall.SIGTERM) // it may have ended already
		_ = serve.Wait()
	}
	address = "localhost:" + port
	for range 200 {
		conn, err := tls.Dial("tcp", "127.0.0.1:"+port, &tls.Config{InsecureSkipVerify: true}) // only to see that it listens
		if err == nil {
			return address, at("ca.pem"), stop, conn.Close()
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	said, _ := os.ReadFile(at("log"))
	return "", "", nil, fmt.Errorf("the service does not listen:\n%s", said)
}

// certificates makes a private authority and a certificate of it for this machine.
func certificates(ca, chain, key string) error {
	root, rootKey, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "Private authority of tlscheck"}, IsCA: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, nil)
	if err != nil {
		return err
	}
	leaf, leafKey, err := issue(&x509.Certificate{
		Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, root, rootKey)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return err
	}
	pemOf := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	for path, content := range map[string][]byte{
		ca: pemOf("CERTIFICATE", root.Raw), chain: append(pemOf("CERTIFICATE", leaf.Raw), pemOf("CERTIFICATE", root.Raw)...),
		key: pemOf("PRIVATE KEY", secret),
	} {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func issue(template, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, nil, err
	}
	template.SerialNumber, template.BasicConstraintsValid = serial, true
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(180*24*time.Hour)
	if parent == nil {
		parent, signer = template, private
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, private.Public(), signer)
	if err != nil {
		return nil, nil, err
	}
	made, err := x509.ParseCertificate(der)
	return made, private, err
}
