// What core costs: a class match for each DHCP packet, an XML document and a container for each
// device that is published, and the bytes' own price in OpenSSL beside it.
#include <memory>

#include <benchmark/benchmark.h>
#include <openssl/evp.h>

#include "core/classes/class_table.hpp"
#include "core/contracts/events.hpp"
#include "core/formats/gs_xml.hpp"
#include "core/formats/openssl_container.hpp"
#include "core/names/request_name.hpp"

namespace plugtone {
namespace {

// That many classes by option 60, each with one more by OUI, as a system with many vendors has.
ClassTable table_of(int classes) {
    std::vector<DeviceClass> made;
    for (int at = 0; at < classes; ++at) {
        MatchRule by_text;
        by_text.vendor_class =
            TextPattern{TextMatch::glob, "Vendor" + std::to_string(at) + " GXP2??? *"};
        MatchRule by_oui;
        by_oui.ouis = {static_cast<std::uint32_t>(at)};
        DeviceClass next;
        next.name = "class-" + std::to_string(at);
        next.matches = {by_text, by_oui};
        made.push_back(std::move(next));
    }
    return ClassTable(std::move(made));
}

void class_match(benchmark::State& state) {
    const ClassTable table = table_of(static_cast<int>(state.range(0)));
    const Identity phone{.mac = *Mac::parse("000b82123456"),
                         .vendor_class = "Vendor7 GXP2160 dslforum.org",
                         .user_class = {},
                         .user_agent = {}};
    for (auto step : state)
        benchmark::DoNotOptimize(table.match(phone));
}
BENCHMARK(class_match)->Arg(16)->Arg(256);

GsDocument document_of(int parameters) {
    GsDocument document;
    document.mac = *Mac::parse("000b82123456");
    for (int at = 1; at <= parameters; ++at)
        document.parameters.emplace(*ParameterName::parse("P" + std::to_string(at)),
                                    "p&ss<w>(" + std::to_string(at) + ")");
    return document;
}

void gs_xml_render(benchmark::State& state) {
    const GsDocument document = document_of(static_cast<int>(state.range(0)));
    for (auto step : state)
        benchmark::DoNotOptimize(render_gs_xml(document));
}
BENCHMARK(gs_xml_render)->Arg(20)->Arg(1000);

void gs_xml_parse(benchmark::State& state) {
    const std::string text = *render_gs_xml(document_of(static_cast<int>(state.range(0))));
    for (auto step : state)
        benchmark::DoNotOptimize(parse_gs_xml("bench", as_bytes(text)));
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(gs_xml_parse)->Arg(20)->Arg(1000);

void container_seal(benchmark::State& state) {
    const Bytes plain(static_cast<std::size_t>(state.range(0)), 'x');
    const Secret password("password");
    const Salt salt{1, 2, 3, 4, 5, 6, 7, 8};
    for (auto step : state)
        benchmark::DoNotOptimize(encrypt_container(plain, password, KeyDigest::md5, salt));
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(container_seal)->Arg(1 << 10)->Arg(64 << 10);

// The same cipher over the same bytes with a key that is there already: what is left above this is
// ours, and the key's derivation.
void container_seal_baseline(benchmark::State& state) {
    const Bytes plain(static_cast<std::size_t>(state.range(0)), 'x');
    const std::array<std::uint8_t, 32> key{};
    const std::array<std::uint8_t, 16> iv{};
    Bytes sealed(plain.size() + iv.size());
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
        EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
    for (auto step : state) {
        int written = 0;
        int last = 0;
        EVP_EncryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key.data(), iv.data());
        EVP_EncryptUpdate(context.get(), sealed.data(), &written, plain.data(),
                          static_cast<int>(plain.size()));
        EVP_EncryptFinal_ex(context.get(), sealed.data() + written, &last);
        benchmark::DoNotOptimize(sealed.data());
    }
    state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(container_seal_baseline)->Arg(1 << 10)->Arg(64 << 10);

void request_name(benchmark::State& state) {
    for (auto step : state)
        benchmark::DoNotOptimize(normalise_request_name("//gs/./cfg000b82123456.xml"));
}
BENCHMARK(request_name);

void event_encode(benchmark::State& state) {
    const Event event{EventKind::transfer_done,
                      {{"NAME", "gs/cfg000b82123456.xml"},
                       {"PROTOCOL", "http"},
                       {"PEER", "10.0.0.9"},
                       {"BYTES", "1234"}}};
    for (auto step : state)
        benchmark::DoNotOptimize(encode_event(event));
}
BENCHMARK(event_encode);

} // namespace
} // namespace plugtone
