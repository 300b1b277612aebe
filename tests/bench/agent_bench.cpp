// links: agent
// What a publish costs: the way of one device's file from settings to sealed bytes, and whole
// generations of 10,000 devices, flushed to the disk. TMPDIR says which disk.
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include "agent/importer.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {
namespace {

constexpr int devices = 10'000;

SecretBox bench_box() {
    return SecretBox(Secret(std::string(SecretBox::key_size, 'k')));
}

// A class as the shipped ones are, and its settings: about what an office sets.
DeviceClass bench_class() {
    DeviceClass made;
    made.name = "grandstream-gxp";
    made.family = "gxp";
    made.defaults.emplace(ParameterName::numbered(145), "1");
    return made;
}

ParameterSet device_settings(int number) {
    ParameterSet set;
    const std::string text = std::to_string(number);
    for (const auto& [name, value] :
         {std::pair{3, "User " + text}, std::pair{34, "s3cr&t<" + text + ">"},
          std::pair{35, "2" + text}, std::pair{36, "2" + text},
          std::pair{47, std::string("sip.example.net")},
          std::pair{48, std::string("proxy.example.net")}, std::pair{64, std::string("auto")},
          std::pair{270, "Desk " + text}, std::pair{271, std::string("1")}})
        set.emplace(ParameterName::numbered(static_cast<std::uint32_t>(name)), value);
    return set;
}

SharedParameters site_settings() {
    SharedParameters site;
    for (std::uint32_t number = 1001; number <= 1010; ++number)
        site[ParameterName::numbered(number)] = {"of the site " + std::to_string(number), false};
    return site;
}

// Settings → composed → rendered → sealed.
void device_file(benchmark::State& state) {
    const DeviceClass device_class = bench_class();
    const SharedParameters site = site_settings();
    const ParameterSet own = device_settings(7);
    const Sealer sealer(bench_box(), "");
    const Dictionary dictionary;
    std::int64_t bytes = 0;
    for (auto step : state) {
        DeviceFacts facts;
        facts.device = {*Mac::parse("000b82123456"), "", "Desk", Secret("Password1")};
        facts.device_class = &device_class;
        facts.composed = values_of(compose(site, device_class, {}, own));
        const auto documents = device_documents(facts, dictionary);
        const auto sealed = sealer.seal(documents.value().front());
        bytes = static_cast<std::int64_t>(sealed.value().size());
        benchmark::DoNotOptimize(sealed);
    }
    state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(device_file);

// Of that, what the container takes: the salt, the key's derivation and the cipher.
void device_file_cipher_only(benchmark::State& state) {
    const Bytes plain(static_cast<std::size_t>(state.range(0)), 'x');
    const Secret password("Password1");
    for (auto step : state) {
        const auto salt = random_salt();
        benchmark::DoNotOptimize(encrypt_container(plain, password, KeyDigest::md5, *salt));
    }
}
BENCHMARK(device_file_cipher_only)->Arg(900);

// A branch of 10,000 devices on the disk.
class BigBranch {
public:
    BigBranch() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "plugtone-bench-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr)
            throw std::runtime_error("no folder for the benchmark");
        folder_ = pattern;
        std::filesystem::create_directories(folder_ + "/classes");
        std::ofstream(folder_ + "/classes/gxp.xml")
            << "<device-classes vendor=\"grandstream\"><class name=\"grandstream-gxp\" "
               "family=\"gxp\"><match oui=\"000b82\"/><offer url=\"http://{server}\"/></class>"
               "</device-classes>";
        inventory_ = std::make_unique<Inventory>(folder_ + "/db", bench_box());
        states_ = std::make_unique<DeviceStates>(inventory_->database());
        publisher_ = std::make_unique<Publisher>(folder_ + "/srv", Sealer(bench_box(), ""));
        pipeline_ = std::make_unique<Pipeline>(*inventory_, *publisher_, *states_,
                                               DefinitionFolders{{folder_ + "/classes"}, {}},
                                               [](Generation, const std::string&, const Scope&) {});
        operations_ = std::make_unique<Operations>(*pipeline_);
        if (!pipeline_->start())
            throw std::runtime_error("the branch does not start");
    }
    BigBranch(const BigBranch&) = delete;
    BigBranch& operator=(const BigBranch&) = delete;
    ~BigBranch() {
        operations_.reset();
        pipeline_.reset();
        publisher_.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }

    // In the inventory, and not yet published.
    void fill() {
        soci::transaction transaction(inventory_->database());
        std::vector<Device> all;
        std::vector<Inventory::Setting> settings;
        for (int number = 0; number < devices; ++number) {
            const Mac mac = *Mac::parse(fmt::format("000b82{:06x}", number));
            all.push_back({mac, "grandstream-gxp", "Desk", *generate_xml_password()});
            for (const auto& [name, value] : device_settings(number))
                settings.push_back({mac, {name, value}});
        }
        inventory_->add_devices(1, all);
        inventory_->set_parameters(1, settings);
        transaction.commit();
    }
    void publish_all() {
        if (!pipeline_->publish("all", Scope::all()))
            throw std::runtime_error("not published");
    }
    void change_one(int round) {
        const Mac mac = *Mac::parse("000b82000007");
        if (!operations_->change_device(mac, {{}, {}, {{"P270", "Desk " + std::to_string(round)}}}))
            throw std::runtime_error("not changed");
    }
    void settle() { publisher_->settle(); }

private:
    std::string folder_;
    std::unique_ptr<Inventory> inventory_;
    std::unique_ptr<DeviceStates> states_;
    std::unique_ptr<Publisher> publisher_;
    std::unique_ptr<Pipeline> pipeline_;
    std::unique_ptr<Operations> operations_;
};

void first_publish_of_10000(benchmark::State& state) {
    for (auto step : state) {
        state.PauseTiming();
        BigBranch branch;
        branch.fill();
        state.ResumeTiming();
        branch.publish_all();
        state.PauseTiming();
        branch.settle(); // what nobody waits for, and the branch's end
        state.ResumeTiming();
    }
}
BENCHMARK(first_publish_of_10000)->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();

void publish_of_one_among_10000(benchmark::State& state) {
    BigBranch branch;
    branch.fill();
    branch.publish_all();
    branch.settle();
    int round = 0;
    for (auto step : state) {
        branch.change_one(++round);
        state.PauseTiming();
        branch.settle(); // what nobody waits for
        state.ResumeTiming();
    }
}
BENCHMARK(publish_of_one_among_10000)->Iterations(20)->Unit(benchmark::kMillisecond)->UseRealTime();

// One change right behind the other: each waits for what the one before left to do.
void publish_in_a_row_among_10000(benchmark::State& state) {
    BigBranch branch;
    branch.fill();
    branch.publish_all();
    int round = 0;
    for (auto step : state)
        branch.change_one(++round);
}
BENCHMARK(publish_in_a_row_among_10000)
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

} // namespace
} // namespace plugtone
