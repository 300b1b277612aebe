#include "kea-hook/reporter.hpp"

#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace plugtone {
namespace {

namespace fs = std::filesystem;

class ReporterTest : public testing::Test {
protected:
    ReporterTest() {
        std::string pattern = (fs::temp_directory_path() / "plugtone-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        fs::create_directory(bindings());
    }
    ~ReporterTest() override { fs::remove_all(folder_); }

    std::string bindings() const { return (folder_ / "bindings").string(); }
    std::string events() const { return (folder_ / "events.sock").string(); }
    Binding binding(const char* address, const char* mac) const {
        return {Ipv4::parse(address).value(), Mac::parse(mac).value(), 2000000000};
    }
    std::optional<Binding> stored(const char* address) const {
        return read_binding(bindings(), Ipv4::parse(address).value()).value();
    }

    fs::path folder_;
};

Fd listen_for_events(const std::string& path) {
    Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    return socket;
}

std::optional<Event> next_event(const Fd& socket) {
    pollfd wait{socket.get(), POLLIN, 0};
    if (::poll(&wait, 1, 10'000) != 1)
        return std::nullopt;
    Bytes bytes(event_size_max);
    const auto size = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(size < 0 ? 0 : static_cast<std::size_t>(size));
    const auto event = decode_event(bytes);
    return event ? std::optional(*event) : std::nullopt;
}

TEST_F(ReporterTest, WritesABindingSoonAfterTheLease) {
    const Fd watch(::inotify_init1(IN_CLOEXEC));
    ASSERT_GE(::inotify_add_watch(watch.get(), bindings().c_str(), IN_MOVED_TO), 0);
    Reporter reporter({bindings(), ""});
    reporter.bind(binding("192.0.2.10", "000b82123456"));
    pollfd wait{watch.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&wait, 1, 10'000), 1);
    EXPECT_EQ(stored("192.0.2.10"), binding("192.0.2.10", "000b82123456"));
}

TEST_F(ReporterTest, WritesWhatIsQueuedBeforeItEnds) {
    {
        Reporter reporter({bindings(), ""});
        for (int host = 1; host <= 200; ++host)
            reporter.bind(binding(("192.0.2." + std::to_string(host)).c_str(), "000b82123456"));
    }
    for (int host = 1; host <= 200; ++host)
        EXPECT_TRUE(stored(("192.0.2." + std::to_string(host)).c_str())) << host;
}

TEST_F(ReporterTest, RemovesABindingOfItsHolderOnly) {
    {
        Reporter reporter({bindings(), ""});
        reporter.bind(binding("192.0.2.10", "000b82123456"));
        reporter.bind(binding("192.0.2.11", "000b82123456"));
        // A late release of the holder before this one.
        reporter.unbind(Ipv4::parse("192.0.2.10").value(), Mac::parse("000b82999999").value());
        reporter.unbind(Ipv4::parse("192.0.2.11").value(), Mac::parse("000b82123456").value());
    }
    EXPECT_TRUE(stored("192.0.2.10"));
    EXPECT_FALSE(stored("192.0.2.11"));
}

TEST_F(ReporterTest, RebuildsTheFolderBeforeWhatIsBoundLater) {
    const Binding kept = binding("192.0.2.1", "000b82000001");
    ASSERT_TRUE(write_binding(bindings(), kept));
    ASSERT_TRUE(write_binding(bindings(), binding("192.0.2.2", "000b82000002"))); // has ended
    ASSERT_TRUE(write_binding(bindings(), binding("192.0.2.3", "000b82000003"))); // another's now
    const auto written = fs::last_write_time(bindings() + "/192.0.2.1");
    std::ofstream(bindings() + "/notes") << "not ours";
    Reporter::Counts counts;
    {
        Reporter reporter({bindings(), ""});
        reporter.rebuild(
            {kept, binding("192.0.2.3", "000b82000033"), binding("192.0.2.4", "000b82000004")},
            Others::remove);
        reporter.bind(binding("192.0.2.4", "000b82000044"));
        while (stored("192.0.2.4") != binding("192.0.2.4", "000b82000044"))
            std::this_thread::yield();
        counts = reporter.counts();
    }
    EXPECT_EQ(stored("192.0.2.1"), kept);
    EXPECT_EQ(fs::last_write_time(bindings() + "/192.0.2.1"), written);
    EXPECT_EQ(stored("192.0.2.2"), std::nullopt);
    EXPECT_EQ(stored("192.0.2.3"), binding("192.0.2.3", "000b82000033"));
    EXPECT_TRUE(fs::exists(bindings() + "/notes"));
    EXPECT_EQ(counts.bindings_rebuilt, 3U);
}

TEST_F(ReporterTest, RebuildsAmidPacketsWithoutTakingWhatIsNewer) {
    Binding newer = binding("192.0.2.1", "000b82000011");
    ++newer.expires;
    ASSERT_TRUE(write_binding(bindings(), newer));
    ASSERT_TRUE(write_binding(bindings(), binding("192.0.2.2", "000b82000002")));
    {
        Reporter reporter({bindings(), ""});
        reporter.rebuild(
            {binding("192.0.2.1", "000b82000001"), binding("192.0.2.3", "000b82000003")},
            Others::keep);
        while (!stored("192.0.2.3"))
            std::this_thread::yield();
    }
    EXPECT_EQ(stored("192.0.2.1"), newer);
    EXPECT_TRUE(stored("192.0.2.2"));
}

TEST_F(ReporterTest, RemovesABindingWhoeverHasItWhenKeaSaysThatItIsGone) {
    {
        Reporter reporter({bindings(), ""});
        reporter.bind(binding("192.0.2.10", "000b82123456"));
        reporter.unbind(Ipv4::parse("192.0.2.10").value());
    }
    EXPECT_FALSE(stored("192.0.2.10"));
}

TEST_F(ReporterTest, WritesOnlyWhatChanged) {
    const Binding first = binding("192.0.2.10", "000b82123456");
    Binding renewed = first;
    ++renewed.expires;
    Reporter reporter({bindings(), ""});
    reporter.bind(first);
    reporter.bind(first);
    reporter.bind(renewed);
    while (stored("192.0.2.10") != renewed) // when there is nothing else to do
        std::this_thread::yield();
    EXPECT_LE(reporter.counts().bindings_written, 2U);
}

TEST_F(ReporterTest, WritesAnEndThatMovedFarOrNearerAtOnce) {
    const Binding first = binding("192.0.2.10", "000b82123456");
    Binding later = first;
    later.expires += first.expires;
    Reporter::Counts counts;
    {
        Reporter reporter({bindings(), ""});
        for (const Binding& next : {first, later, first})
            reporter.bind(next);
        while (reporter.counts().bindings_written < 3)
            std::this_thread::yield();
    }
    EXPECT_EQ(stored("192.0.2.10"), first);
}

TEST_F(ReporterTest, WritesAgainIntoAFolderThatIsAnother) {
    const Binding lease = binding("192.0.2.10", "000b82123456");
    Reporter reporter({bindings(), ""});
    reporter.bind(lease);
    while (!stored("192.0.2.10"))
        std::this_thread::yield();
    fs::remove_all(bindings());
    while (!stored("192.0.2.10")) { // looked at once a second
        reporter.bind(lease);
        std::this_thread::yield();
    }
}

TEST_F(ReporterTest, DoubtsTheLeaseOfADeviceThatHasAnotherAddressSince) {
    const Binding first = binding("192.0.2.10", "000b82123456");
    Reporter reporter({bindings(), ""});
    reporter.bind(first);
    EXPECT_FALSE(reporter.next_doubt());
    reporter.bind(binding("192.0.2.20", "000b82123456"));
    std::optional<Binding> doubt;
    while (!doubt)
        doubt = reporter.next_doubt();
    EXPECT_EQ(doubt->address, first.address);
    EXPECT_EQ(doubt->mac, first.mac);
    EXPECT_FALSE(reporter.next_doubt());
    EXPECT_TRUE(stored("192.0.2.10")); // until Kea has been asked
}

TEST_F(ReporterTest, MakesTheFolderAnewWhenSomebodyRemovedIt) {
    fs::remove_all(bindings());
    {
        Reporter reporter({bindings(), ""});
        reporter.bind(binding("192.0.2.10", "000b82123456"));
    }
    EXPECT_TRUE(stored("192.0.2.10"));
}

TEST_F(ReporterTest, CountsWhatItCannotWriteAndKeepsTheReason) {
    fs::remove_all(bindings());
    std::ofstream(bindings()) << "a file where the folder should be";
    Reporter reporter({bindings(), events()});
    const Fd agent = listen_for_events(events());
    reporter.bind(binding("192.0.2.10", "000b82123456"));
    reporter.send(encode_event({EventKind::leased, {{"MAC", "000b82123456"}}}));
    ASSERT_TRUE(next_event(agent)); // sent after the binding was tried
    EXPECT_EQ(reporter.counts().bindings_failed, 1U);
    EXPECT_THAT(reporter.counts().last_error, testing::HasSubstr(bindings()));
}

TEST_F(ReporterTest, DeliversEventsToTheAgent) {
    const Fd agent = listen_for_events(events());
    Reporter reporter({"", events()});
    reporter.send(encode_event({EventKind::offered, {{"MAC", "000b82123456"}, {"CLASS", "gxp"}}}));
    const auto event = next_event(agent);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->kind, EventKind::offered);
    EXPECT_EQ((*event)["CLASS"], "gxp");
}

TEST_F(ReporterTest, CountsEventsThatNobodyTakes) {
    Reporter::Counts counts;
    {
        Reporter reporter({"", events()});
        const Fd nobody_reads = listen_for_events(events());
        // More than the queue and the socket's buffer hold together.
        for (std::size_t n = 0; n < 4 * Reporter::queue_size_max; ++n)
            reporter.send(encode_event({EventKind::offered, {{"MAC", "000b82123456"}}}));
        counts = reporter.counts();
    }
    EXPECT_GT(counts.events_dropped, 0U);
}

TEST_F(ReporterTest, KeepsRoomForBindingsWhenEventsFlood) {
    {
        Reporter reporter({bindings(), events()});
        for (std::size_t n = 0; n < 4 * Reporter::queue_size_max; ++n)
            reporter.send(encode_event({EventKind::offered, {{"MAC", "000b82123456"}}}));
        reporter.bind(binding("192.0.2.10", "000b82123456"));
        EXPECT_EQ(reporter.counts().bindings_dropped, 0U);
    }
    EXPECT_TRUE(stored("192.0.2.10"));
}

} // namespace
} // namespace plugtone
