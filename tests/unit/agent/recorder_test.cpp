#include "agent/recorder.hpp"

#include <span>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <poll.h>

#include "agent/event_socket.hpp"
#include "agent/operations.hpp"
#include "core/contracts/event_sender.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using test::class_xml;
using test::mac_of;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* phone = "000b82123456";
constexpr const char* other = "000b82000001";

Event offered(const std::string& mac, const std::string& vendor_class,
              const std::string& message = "OFFER") {
    return {EventKind::offered,
            {{"MAC", mac}, {"MESSAGE", message}, {"VENDOR_CLASS", vendor_class}}};
}

class RecorderTest : public testing::Test {
protected:
    RecorderTest() {
        folder_.write("classes/any.xml", class_xml("any", "oui=\"000b82\""));
        folder_.write("classes/gxp.xml", class_xml("gxp", "vendor-class-prefix=\"GXP\"",
                                                   "<names config-prefix=\"gs_\"/>"));
        if (!pipeline_.start() || !pipeline_.reload())
            throw std::runtime_error("no start");
        published_.clear();
    }
    void add(const char* mac, const std::string& class_name = "") {
        ASSERT_TRUE(operations_.add_device({mac_of(mac), class_name, "", {}}));
        published_.clear();
    }
    bool serves(const std::string& name) const {
        return std::filesystem::exists(folder_.path("config/" + name));
    }

    test::TempFolder folder_;
    Inventory inventory_{folder_.path("db"), test::test_box()};
    DeviceStates states_{inventory_.database()};
    Journal journal_{inventory_.database()};
    Publisher publisher_{folder_.path(), Sealer(test::test_box(), "")};
    std::vector<std::string> published_;
    std::vector<Scope> scopes_;
    Pipeline pipeline_{inventory_,
                       publisher_,
                       states_,
                       {{folder_.path("classes")}, {}},
                       [this](Generation, const std::string& what, const Scope& scope) {
                           published_.push_back(what);
                           scopes_.push_back(scope);
                       }};
    Operations operations_{pipeline_};
    UnknownPhones unknown_{inventory_.database()};
    Recorder recorder_{journal_, states_, unknown_, pipeline_};
};

TEST_F(RecorderTest, KeepsEventsAndMovesStates) {
    add(phone);
    recorder_.record(
        {offered(phone, ""), {EventKind::leased, {{"MAC", phone}, {"IP", "192.0.2.7"}}}},
        1700000000);
    const auto entries = journal_.of(mac_of(phone), 10);
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries[1].event.kind, EventKind::leased);
    EXPECT_EQ(entries[1].time, 1700000000);
    const DeviceState state = states_.of(mac_of(phone));
    EXPECT_EQ(state_name(state.journey.state), "leased");
    EXPECT_EQ(state.address, "192.0.2.7");
    EXPECT_EQ(DeviceStates(inventory_.database()).of(mac_of(phone)), state);
    EXPECT_THAT(published_, IsEmpty());
}

TEST_F(RecorderTest, AnEventOfNobodyIsKeptAllTheSame) {
    recorder_.record({{EventKind::transfer_refused, {{"OWNER", phone}, {"PEER", "192.0.2.9"}}}}, 1);
    EXPECT_EQ(journal_.of(mac_of(phone), 10).size(), 1U);
    EXPECT_EQ(states_.of(mac_of(phone)), DeviceState{});
}

TEST_F(RecorderTest, ARecognisedDeviceIsPublishedAnew) {
    add(phone);
    EXPECT_TRUE(serves("@/cfg000b82123456.xml"));
    EXPECT_FALSE(serves("gs_@/cfg000b82123456.xml"));
    recorder_.record({offered(phone, "GXP2160")}, 1);
    EXPECT_THAT(published_, ElementsAre("device 000b82123456 recognised as gxp"));
    EXPECT_EQ(scopes_.back().devices, std::set{mac_of(phone)});
    EXPECT_FALSE(scopes_.back().everything);
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
    EXPECT_TRUE(serves("@/cfg000b82123456.xml")) << "it asks there when it has been reset";
}

TEST_F(RecorderTest, AClassThatCouldNotBePublishedIsMadeUpForAtTheNextStart) {
    add(phone);
    const std::string config = folder_.path("config");
    const auto live = std::filesystem::read_symlink(config);
    std::filesystem::remove(config);
    std::filesystem::create_directories(config + "/in-the-way");
    recorder_.record({offered(phone, "GXP2160")}, 1);
    std::filesystem::remove_all(config);
    std::filesystem::create_directory_symlink(live, config);
    EXPECT_FALSE(serves("gs_@/cfg000b82123456.xml"));
    ASSERT_TRUE(pipeline_.start());
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
}

TEST_F(RecorderTest, ARecognisedDeviceIsNoChangeOfTheOperators) {
    add(phone);
    recorder_.record({offered(phone, "GXP2160")}, 1);
    EXPECT_EQ(*pipeline_.undo(), "device add 000b82123456");
}

TEST_F(RecorderTest, AClassThatTheOperatorNamedStays) {
    add(phone, "gxp");
    std::filesystem::remove(folder_.path("config/@/cfg.xml"));
    recorder_.record({offered(phone, "other")}, 1);
    EXPECT_THAT(published_, IsEmpty()) << "a publish would have mended the tree";
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
}

TEST_F(RecorderTest, AnUnknownDeviceIsRememberedForWhenItIsAdded) {
    recorder_.record({offered(phone, "GXP2160")}, 1);
    EXPECT_THAT(published_, IsEmpty());
    add(phone);
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
}

// Anybody on the wire can send any option 60 with any MAC.
TEST_F(RecorderTest, ManyRecognisedAtOnceAreOnePublish) {
    add(phone);
    add(other);
    recorder_.record({offered(phone, "GXP1"), offered(other, "GXP2"), offered(phone, "x"),
                      offered(phone, "GXP3")},
                     1);
    EXPECT_THAT(published_, ElementsAre("device 000b82000001 recognised as gxp and 1 more"));
    EXPECT_TRUE(serves("gs_@/cfg000b82123456.xml"));
    EXPECT_TRUE(serves("gs_@/cfg000b82000001.xml"));
}

TEST_F(RecorderTest, AnotherTextOfTheSameClassBuildsNothing) {
    add(phone);
    recorder_.record({offered(phone, "GXP1")}, 1);
    published_.clear();
    std::filesystem::remove(folder_.path("config/@/cfg.xml"));
    recorder_.record({offered(phone, "GXP2")}, 2);
    recorder_.record({offered(phone, "x"), offered(phone, "GXP2")}, 3);
    EXPECT_THAT(published_, IsEmpty()) << "a publish would have mended the tree";
}

TEST_F(RecorderTest, TheTimeMovesStatesToo) {
    add(phone);
    recorder_.record({offered(phone, "")}, 1000);
    EXPECT_LE(recorder_.due(), 1060);
    recorder_.pass_time(1001); // the journal's bounds
    EXPECT_EQ(recorder_.due(), 1060);
    EXPECT_THAT(recorder_.pass_time(1060), ElementsAre(mac_of(phone)));
    EXPECT_TRUE(states_.of(mac_of(phone)).journey.is_stuck());
    EXPECT_EQ(DeviceStates(inventory_.database()).of(mac_of(phone)), states_.of(mac_of(phone)));
}

TEST_F(RecorderTest, AFetchOfTheLiveFileIsUpToDateUntilTheNextPublish) {
    add(phone);
    const auto fetch = [&](const std::string& hash, long long now) {
        recorder_.record({{EventKind::transfer_done,
                           {{"MAC", phone},
                            {"OWNER", phone},
                            {"NAME", "cfg000b82123456.xml"},
                            {"SHA256", hash}}}},
                         now);
    };
    const auto live = [&] {
        return publisher_.live_contents().at("@/cfg000b82123456.xml").entry.sha256;
    };
    const auto state = [&] {
        return std::string(state_name(states_.of(mac_of(phone)).journey.state));
    };
    const std::string first = live();
    fetch(first, 1000);
    recorder_.pass_time(2000);
    EXPECT_EQ(state(), "up-to-date");
    ASSERT_TRUE(operations_.change_device(mac_of(phone), {{}, {}, {{"P30", "192.0.2.1"}}}));
    EXPECT_NE(live(), first);
    EXPECT_EQ(state(), "outdated");
    ASSERT_TRUE(pipeline_.undo());
    EXPECT_EQ(state(), "up-to-date") << "the very same bytes are live again";
    ASSERT_TRUE(operations_.remove_device(mac_of(phone)));
    add(phone);
    EXPECT_EQ(state(), "unseen");
}

TEST_F(RecorderTest, WhatTheDatabaseDoesNotTakeIsCountedAndTheStateGoesOn) {
    add(phone);
    inventory_.database() << "ALTER TABLE journal RENAME TO away";
    recorder_.record({offered(phone, "")}, 1000);
    EXPECT_EQ(recorder_.lost(), 1U);
    EXPECT_EQ(states_.of(mac_of(phone)).journey.state, State::offered);
    inventory_.database() << "ALTER TABLE away RENAME TO journal";
    recorder_.record({{EventKind::leased, {{"MAC", other}, {"IP", "192.0.2.7"}}}}, 1001);
    EXPECT_EQ(recorder_.lost(), 1U);
    EXPECT_EQ(DeviceStates(inventory_.database()).of(mac_of(phone)).journey.state, State::offered)
        << "it is written with the next that holds";
}

TEST_F(RecorderTest, CountsWhatSendersTellThatTheyDropped) {
    recorder_.record({{EventKind::dropped, {{"SENDER", "kea-dhcp4"}, {"COUNT", "17"}}},
                      {EventKind::dropped, {{"COUNT", "rubbish"}}}},
                     1);
    EXPECT_EQ(recorder_.dropped(), 17U);
}

// A branch after a power cut, over the real socket: the senders' queue is as short as the kernel
// has it, and the agent is busy with other things before it first looks.
TEST_F(RecorderTest, AThousandPhonesAtOnceLoseNoLastState) {
    constexpr int phones = 1000;
    const auto mac = [](int i) { return fmt::format("000b8201{:04x}", i); };
    std::vector<Device> devices;
    for (int i = 0; i < phones; ++i)
        devices.push_back(test::device_of(mac(i).c_str(), "any"));
    ASSERT_TRUE(pipeline_.change("import", Scope::all(), [&](Generation generation) {
        inventory_.add_devices(generation, devices);
        return Done{};
    }));
    auto socket = EventSocket::listen(folder_.path("events.sock"));
    ASSERT_TRUE(socket);
    std::vector<std::string> datagrams;
    const auto add_all = [&](const auto& event_of) {
        for (int i = 0; i < phones; ++i)
            datagrams.push_back(encode_event(event_of(mac(i))));
    };
    const auto transfer = [](EventKind kind, const std::string& name, bool own) {
        return [=](const std::string& who) -> Event {
            return {kind, {{"NAME", "cfg" + who + name}, {"MAC", who}, {"OWNER", own ? who : ""}}};
        };
    };
    add_all([](const std::string& who) { return offered(who, "GXP2160"); });
    add_all([](const std::string& who) { return offered(who, "GXP2160", "ACK"); });
    add_all([](const std::string& who) -> Event {
        return {EventKind::leased, {{"MAC", who}, {"IP", "192.0.2.7"}}};
    });
    add_all(transfer(EventKind::transfer_absent, "", false));
    add_all(transfer(EventKind::transfer_started, ".xml", true));
    add_all(transfer(EventKind::transfer_done, ".xml", true));
    EventSender sender(folder_.path("events.sock"));
    std::span<const std::string> rest = datagrams;
    while (!rest.empty()) // as the file server and the hook do: what does not fit waits
        rest = rest.subspan(sender.send_some(rest));
    EXPECT_EQ(sender.dropped(), 0U);
    std::size_t taken = 0;
    while (taken < datagrams.size()) {
        pollfd waiting{socket->fd(), POLLIN, 0};
        ASSERT_EQ(::poll(&waiting, 1, 60'000), 1) << taken << " of " << datagrams.size();
        const auto events = socket->receive(512);
        recorder_.record(events, 1000);
        taken += events.size();
    }
    EXPECT_EQ(journal_.rows(), static_cast<long long>(datagrams.size()));
    const DeviceStates written(inventory_.database());
    for (int i = 0; i < phones; ++i)
        ASSERT_EQ(state_name(written.of(mac_of(mac(i).c_str())).journey.state), "fetched")
            << mac(i);
    EXPECT_EQ(recorder_.lost(), 0U);
    EXPECT_EQ(socket->malformed(), 0U);
}

} // namespace
} // namespace plugtone
