package service

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"vaccin/internal/measure"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are how long requests took, by route and status. Routes are patterns: they hold no identifier.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vaccin_http_request_seconds", Help: "Time to answer a request, by route and status.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
		}, []string{"route", "status"}),
	}
	m.registry.MustRegister(m.requests, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// keep tells how late the numbering of the access log is, and the sending of its heads.
func (m *metrics) keep(k *logKeeper) {
	m.registry.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "vaccin_access_log_waiting_seconds", Help: "Age of the oldest entry of the access log that is not numbered; 0 when all are.",
		}, func() float64 { return time.Duration(k.waited.Load()).Seconds() }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "vaccin_access_log_heads_unsent", Help: "Signed heads of the access log that wait to be posted.",
		}, func() float64 { return float64(k.unsent.Load()) }),
	)
}

// askFor is how long a source may take over what it has to ask somebody: less than a scraper waits.
const askFor = 3 * time.Second

// watch shows what a source counts.
func (m *metrics) watch(source measure.Source) { m.registry.MustRegister(watched{source}) }

// watched shows the samples of a source to Prometheus.
type watched struct{ source measure.Source }

// Describe implements prometheus.Collector; what a source has changes, so that nothing is said beforehand.
func (watched) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (w watched) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), askFor)
	defer cancel()
	for _, s := range w.source.Samples(ctx) {
		names, values := make([]string, len(s.Labels)), make([]string, len(s.Labels))
		for i, l := range s.Labels {
			names[i], values[i] = l.Name, l.Value
		}
		desc := prometheus.NewDesc(s.Name, s.Help, names, nil)
		switch s.Kind {
		case measure.Distribution:
			to <- prometheus.MustNewConstHistogram(desc, s.Count, s.Sum, s.Within, values...)
		case measure.Counter:
			to <- prometheus.MustNewConstMetric(desc, prometheus.CounterValue, s.Value, values...)
		case measure.Gauge:
			to <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, s.Value, values...)
		}
	}
}

func (m *metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}

func (m *metrics) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}
