// How long it takes to find a phone's class among 500 with 10,000 MAC ranges, and to make its
// options.
// links: kea_hook_logic
#include <benchmark/benchmark.h>

#include "core/classes/class_file.hpp"
#include "core/classes/class_table.hpp"
#include "core/contracts/offer_overrides.hpp"
#include "kea-hook/offer.hpp"

namespace plugtone {
namespace {

constexpr int classes_count = 500;
constexpr int ranges_count = 10'000;

Mac mac_of(int number) {
    const std::uint8_t bytes[] = {0,
                                  0x0b,
                                  0x82,
                                  static_cast<std::uint8_t>(number >> 16),
                                  static_cast<std::uint8_t>(number >> 8),
                                  static_cast<std::uint8_t>(number)};
    return *Mac::from_bytes(bytes);
}

// Of every kind: models by prefix, exactly and by glob, ranges, host names, OUIs.
ClassTable large_table() {
    std::vector<DeviceClass> classes;
    for (int at = 0; at < classes_count; ++at) {
        DeviceClass made;
        made.name = "class-" + std::to_string(at);
        made.url = "http://{server}/" + std::to_string(at);
        const std::string model =
            "Vendor" + std::to_string(at % 50) + " Model" + std::to_string(at);
        MatchRule by_model;
        by_model.vendor_class = TextPattern{at % 3 == 0   ? TextMatch::prefix
                                            : at % 3 == 1 ? TextMatch::exact
                                                          : TextMatch::glob,
                                            model};
        made.matches.push_back(by_model);
        for (int range = 0; range < ranges_count / classes_count; ++range) {
            const int first = (at * (ranges_count / classes_count) + range) * 16;
            MatchRule by_range;
            by_range.mac_range = MacRange{mac_of(first), mac_of(first + 7)};
            made.matches.push_back(by_range);
        }
        MatchRule by_name;
        by_name.host_name = TextPattern{TextMatch::prefix, "desk-" + std::to_string(at) + "-"};
        made.matches.push_back(by_name);
        MatchRule by_oui;
        by_oui.ouis = {static_cast<std::uint32_t>(0x100000 + at)};
        made.matches.push_back(by_oui);
        classes.push_back(std::move(made));
    }
    return ClassTable(std::move(classes));
}

void recognition(benchmark::State& state, const Identity& identity, bool is_found) {
    static const ClassTable table = large_table();
    const DeviceClass* found = nullptr;
    for (auto _ : state)
        benchmark::DoNotOptimize(found = table.match(identity));
    if ((found != nullptr) != is_found)
        state.SkipWithError("it found another class than it should");
}
BENCHMARK_CAPTURE(recognition, by_mac_range,
                  Identity{mac_of(5000 * 16 + 3), "Grandstream GXP2160 dslforum.org"}, true);
BENCHMARK_CAPTURE(recognition, by_option_60, Identity{mac_of(0xFFFFFF), "Vendor33 Model333 1.2.3"},
                  true);
BENCHMARK_CAPTURE(recognition, of_a_stranger,
                  Identity{mac_of(0xFFFFFF), "MSFT 5.0", {}, {}, "desktop-7", {}}, false);

void redirection(benchmark::State& state) {
    OfferOverrides overrides;
    for (int at = 0; at < ranges_count; ++at)
        overrides.redirects.emplace(MacRange{mac_of(at * 16), mac_of(at * 16 + 7)}, "http://a");
    const OverrideTable table(std::move(overrides));
    for (auto _ : state)
        benchmark::DoNotOptimize(table.redirect_of(mac_of(5000 * 16 + 3)));
}
BENCHMARK(redirection);

} // namespace
} // namespace plugtone
