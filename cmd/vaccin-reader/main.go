// Command vaccin-reader reads the carte Vitale on the practitioner's computer for the pages of the service.
// It listens on 127.0.0.1 alone, answers the service's pages alone, once paired by the code it shows, and
// stores and logs nothing. See docs/vitale.md.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"vaccin/internal/commandline"
	"vaccin/internal/vitale/local"
	"vaccin/internal/vitale/pcsc"
)

// origin is the service whose pages are answered when no flag says otherwise, so that the program starts by
// a double click. Who hands the program out builds it with its own address:
//
//	go build -ldflags "-X main.origin=https://vaccin.example" ./cmd/vaccin-reader
var origin = "http://localhost:8080"

type flags struct {
	Origin []string `env:"VACCIN_READER_ORIGIN" placeholder:"https://vaccin.example" help:"Adresse du service dont les pages reçoivent une réponse ; peut être répété. Par défaut : ${origin}."`
	Port   uint16   `default:"${port}" env:"VACCIN_READER_PORT" help:"Port d’écoute, sur 127.0.0.1 seulement ; la page doit connaître le même."`
}

func main() {
	var f flags
	parser := commandline.Parser(&f, "vaccin-reader", "Lecture de la carte Vitale pour les pages de Vaccin COVID.",
		kong.Vars{"origin": origin, "port": strconv.Itoa(local.DefaultPort)})
	_, err := parser.Parse(os.Args[1:])
	var refused *kong.ParseError
	if errors.As(err, &refused) {
		os.Exit(commandline.Refuse(refused, nil))
	}
	parser.FatalIfErrorf(err)
	if len(f.Origin) == 0 {
		f.Origin = []string{origin}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, f, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vaccin-reader :", err)
		keepWindow()
		os.Exit(1)
	}
}

// keepWindow lets the reason be read where the program's window closes with it.
func keepWindow() {
	if runtime.GOOS == "windows" {
		fmt.Fprintln(os.Stderr, "Appuyez sur Entrée pour fermer cette fenêtre.")
		_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // however it ends, the window may close
	}
}

// run answers pages until the context ends.
func run(ctx context.Context, f flags, out io.Writer) error {
	origins, err := local.Origins(f.Origin)
	if err != nil {
		return fmt.Errorf("l’adresse du service ne convient pas : %w", err)
	}
	listener, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", f.Port))
	if err != nil {
		return fmt.Errorf("le port %d de cet ordinateur est déjà pris : le programme est peut-être déjà ouvert dans une autre fenêtre (%w)", f.Port, err)
	}
	defer listener.Close()
	fmt.Fprintf(out, `Vaccin COVID, lecture de la carte Vitale

  Service servi : %s
  Écoute        : http://%s (cet ordinateur seulement)

Laissez cette fenêtre ouverte. Dans la page « Rechercher un patient », appuyez sur
« Lire la carte Vitale » ; à la première lecture, la page demande le code ci-dessous.
Rien de ce que porte une carte n’est conservé ni noté. Ctrl+C ou la fermeture de la
fenêtre arrêtent le programme.

`, strings.Join(origins, ", "), listener.Addr())
	handler, err := local.New(local.Options{
		Host: listener.Addr().String(), Origins: origins, Source: pcsc.Reader{},
		Show: func(code string) { fmt.Fprintf(out, "Code d’appairage, valable une fois : %s\n", code) },
	})
	if err != nil {
		return fmt.Errorf("l’adresse du service ne convient pas : %w", err)
	}
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 8 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // nothing about a request is written down
	}
	go func() {
		<-ctx.Done()
		_ = server.Close() // a reading under way has no one to answer any more
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
