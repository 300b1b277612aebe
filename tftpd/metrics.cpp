#include "tftpd/metrics.hpp"

#include <array>
#include <map>
#include <mutex>
#include <set>
#include <tuple>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "core/base/text.hpp"

namespace plugtone::tftpd {

namespace {

constexpr std::array refusals{
    Refusal::network,   Refusal::rate,  Refusal::transfers, Refusal::handshakes,
    Refusal::malformed, Refusal::write, Refusal::too_slow,  Refusal::wrong_credentials};

const prometheus::Histogram::BucketBoundaries seconds_buckets{0.001, 0.005, 0.02, 0.1, 0.5,
                                                              2,     10,    60,   300};

prometheus::Family<prometheus::Counter>&
counters(prometheus::Registry& registry, const std::string& name, const std::string& help) {
    return prometheus::BuildCounter().Name("plugtone_tftpd_" + name).Help(help).Register(registry);
}
prometheus::Family<prometheus::Gauge>& gauges(prometheus::Registry& registry,
                                              const std::string& name, const std::string& help) {
    return prometheus::BuildGauge().Name("plugtone_tftpd_" + name).Help(help).Register(registry);
}

} // namespace

std::string_view refusal_name(Refusal refusal) {
    switch (refusal) {
    case Refusal::network:
        return "network";
    case Refusal::rate:
        return "rate";
    case Refusal::transfers:
        return "transfers";
    case Refusal::handshakes:
        return "handshakes";
    case Refusal::malformed:
        return "malformed";
    case Refusal::write:
        return "write";
    case Refusal::too_slow:
        return "too_slow";
    case Refusal::wrong_credentials:
        return "wrong_credentials";
    }
    return "?";
}

struct Metrics::Families {
    using Labels = std::tuple<std::string, std::string, std::string, std::string>;

    // The counters of one set of labels, looked up once.
    struct Series {
        prometheus::Counter* transfers = nullptr;
        prometheus::Counter* bytes = nullptr;
    };

    prometheus::Registry registry;
    prometheus::Family<prometheus::Counter>& transfers =
        counters(registry, "transfers_total", "Requests by what became of them");
    prometheus::Family<prometheus::Counter>& bytes =
        counters(registry, "bytes_total", "Bytes of files that clients took");
    prometheus::Family<prometheus::Counter>& repeated =
        counters(registry, "packets_repeated_total", "TFTP packets that were sent again");
    prometheus::Family<prometheus::Counter>& refusals_family = counters(
        registry, "refusals_total", "Clients turned away before a file was looked for, by why");
    prometheus::Family<prometheus::Counter>& legacy = counters(
        registry, "legacy_tls_total", "Files served over the legacy listener, by device class");
    prometheus::Family<prometheus::Histogram>& seconds =
        prometheus::BuildHistogram()
            .Name("plugtone_tftpd_transfer_seconds")
            .Help("How long transfers lasted that ended well")
            .Register(registry);
    prometheus::Family<prometheus::Gauge>& active =
        gauges(registry, "active", "Transfers (TFTP) and connections (HTTP) now");
    prometheus::Gauge& files = gauges(registry, "files", "Names in the catalogue").Add({});
    prometheus::Gauge& events_sent =
        gauges(registry, "events_sent", "Events that the agent took").Add({});
    prometheus::Gauge& events_dropped =
        gauges(registry, "events_dropped", "Events that the agent did not take").Add({});
    prometheus::Gauge& certificate_end =
        gauges(registry, "certificate_end_seconds",
               "When the server's certificate ends, in seconds since 1970; 0: there is none")
            .Add({});
    prometheus::Counter& packets_repeated = repeated.Add({});
    std::map<Refusal, prometheus::Counter*> refusals_by_kind;

    std::mutex mutex; // of what follows
    std::map<Labels, Series> series;
    std::map<std::string, prometheus::Histogram*, std::less<>> seconds_by_protocol;
    std::set<std::string, std::less<>> models;

    std::string known_model(std::string_view model);
    Series& series_of(const Transfer& transfer);
    prometheus::Histogram& seconds_of(std::string_view protocol);
};

std::string Metrics::Families::known_model(std::string_view model) {
    const std::string name = printable(model.substr(0, 32));
    if (name.empty() || models.contains(name))
        return name;
    if (models.size() == models_max)
        return "other";
    return *models.insert(name).first;
}

Metrics::Families::Series& Metrics::Families::series_of(const Transfer& transfer) {
    const Labels labels{transfer.protocol, transfer.result, transfer.device_class,
                        known_model(transfer.model)};
    Series& found = series[labels];
    if (found.transfers == nullptr) {
        const std::map<std::string, std::string> named{{"protocol", std::get<0>(labels)},
                                                       {"result", std::get<1>(labels)},
                                                       {"class", std::get<2>(labels)},
                                                       {"model", std::get<3>(labels)}};
        found = {&transfers.Add(named), &bytes.Add(named)};
    }
    return found;
}

prometheus::Histogram& Metrics::Families::seconds_of(std::string_view protocol) {
    auto found = seconds_by_protocol.find(protocol);
    if (found == seconds_by_protocol.end())
        found = seconds_by_protocol
                    .emplace(protocol,
                             &seconds.Add({{"protocol", std::string(protocol)}}, seconds_buckets))
                    .first;
    return *found->second;
}

Metrics::Metrics() : families_(std::make_unique<Families>()) {
    for (const Refusal refusal : refusals)
        families_->refusals_by_kind[refusal] =
            &families_->refusals_family.Add({{"why", std::string(refusal_name(refusal))}});
}

Metrics::~Metrics() = default;

void Metrics::ended(const Transfer& transfer) {
    const std::lock_guard lock(families_->mutex);
    const Families::Series& series = families_->series_of(transfer);
    series.transfers->Increment();
    series.bytes->Increment(static_cast<double>(transfer.bytes));
    if (transfer.repeated > 0)
        families_->packets_repeated.Increment(static_cast<double>(transfer.repeated));
    if (transfer.result == "done")
        families_->seconds_of(transfer.protocol).Observe(transfer.lasted.count());
}

void Metrics::refused(Refusal refusal) {
    families_->refusals_by_kind.at(refusal)->Increment();
}

void Metrics::legacy_served(std::string_view device_class) {
    families_->legacy.Add({{"class", std::string(device_class)}}).Increment();
}

void Metrics::set_active(std::string_view protocol, std::size_t count) {
    families_->active.Add({{"protocol", std::string(protocol)}}).Set(static_cast<double>(count));
}

void Metrics::set_catalogue(std::size_t files) {
    families_->files.Set(static_cast<double>(files));
}

void Metrics::set_events(std::uint64_t sent, std::uint64_t dropped) {
    families_->events_sent.Set(static_cast<double>(sent));
    families_->events_dropped.Set(static_cast<double>(dropped));
}

void Metrics::set_certificate_end(std::int64_t time) {
    families_->certificate_end.Set(static_cast<double>(time));
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(families_->registry.Collect());
}

} // namespace plugtone::tftpd
