#include "agent/legacy_encoder.hpp"

#include <array>
#include <functional>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "core/base/fd.hpp"
#include "core/formats/gs_binary.hpp"
#include "tests/unit/agent/branch.hpp"

namespace plugtone {
namespace {

using namespace std::chrono_literals;

using test::mac_of;
using testing::HasSubstr;

const Mac phone = mac_of("000b82123456");

Bytes vector_of(const std::string& name) {
    const std::string bytes =
        test::content_of(std::string(PLUGTONE_TEST_DATA) + "/vectors/binary/" + name);
    return {bytes.begin(), bytes.end()};
}

// The encoder's end: takes one connection, and the question up to its end; then does what it is
// told with it, and closes.
class Encoder {
public:
    using Serve = std::function<void(const Fd& connection, const std::string& question)>;

    Encoder(const std::string& path, Serve serve)
        : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)), serve_(std::move(serve)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(std::begin(address.sun_path), sizeof address.sun_path - 1);
        if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) !=
                0 ||
            ::listen(listener_.get(), 1) != 0)
            throw std::runtime_error("cannot listen at " + path);
        thread_ = std::thread([this] { run(); });
    }
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;
    ~Encoder() {
        ::shutdown(listener_.get(), SHUT_RDWR); // if nobody came
        thread_.join();
    }

private:
    void run() {
        const Fd connection(::accept(listener_.get(), nullptr, nullptr));
        if (!connection)
            return;
        std::string question;
        std::array<char, 4096> piece{};
        for (;;) {
            const ssize_t got = ::recv(connection.get(), piece.data(), piece.size(), 0);
            if (got <= 0)
                break;
            question.append(piece.data(), static_cast<std::size_t>(got));
        }
        serve_(connection, question);
    }

    Fd listener_;
    Serve serve_;
    std::thread thread_;
};

void answer(const Fd& connection, const Bytes& bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t sent =
            ::send(connection.get(), bytes.data() + at, bytes.size() - at, MSG_NOSIGNAL);
        if (sent <= 0)
            return; // it did not want all of it
        at += static_cast<std::size_t>(sent);
    }
}

class LegacyEncoderTest : public testing::Test {
protected:
    // With an encoder that answers this to whatever it is asked.
    Result<Bytes> ask(const Bytes& bytes, const std::string& text = "P64 = auto\n") {
        const Encoder encoder(path_, [&](const Fd& connection, const std::string& question) {
            question_ = question;
            answer(connection, bytes);
        });
        return run_legacy_encoder(path_, "ht", phone, text);
    }
    void refuses(const Bytes& bytes, const std::string& why, ErrorKind kind) {
        const auto refused = ask(bytes);
        ASSERT_FALSE(refused) << why;
        EXPECT_EQ(refused.error().kind, kind);
        EXPECT_THAT(refused.error().message, HasSubstr("the legacy encoder of class ht"));
        EXPECT_THAT(refused.error().message, HasSubstr(path_));
        EXPECT_THAT(refused.error().message, HasSubstr(why));
        EXPECT_EQ(::unlink(path_.c_str()), 0);
    }

    test::TempFolder folder_;
    std::string path_ = folder_.path("encoder.sock");
    std::string question_;
};

TEST_F(LegacyEncoderTest, AsksForOneDeviceAndTakesTheFile) {
    const Bytes encrypted = vector_of("v01.000b82123456.dll190.enc.bin");
    const auto made = ask(encrypted);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(*made, encrypted);
    EXPECT_EQ(question_, "ht 000b82123456\nP64 = auto\n");
}

TEST_F(LegacyEncoderTest, TakesAPlainFileOfTheDevice) {
    const Bytes plain = vector_of("v01.000b82123456.dll181.plain.bin");
    const auto made = ask(plain);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(*made, plain);
}

TEST_F(LegacyEncoderTest, ALongQuestionArrivesWhole) {
    std::string text;
    for (int line = 1; line < 50'000; ++line)
        text += "P" + std::to_string(line) + " = 1234567890\n";
    const auto made = ask(vector_of("v01.000b82123456.dll190.enc.bin"), text);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(question_, "ht 000b82123456\n" + text);
}

TEST_F(LegacyEncoderTest, RefusesAnAnswerThatIsNoFileForTheDevice) {
    refuses({}, "answered nothing", ErrorKind::io);
    refuses({'n', 'o'}, "", ErrorKind::invalid);
    refuses(vector_of("v01.c074ad0a0b0c.perl.bin"), "the file is for c074ad0a0b0c",
            ErrorKind::invalid);
    Bytes damaged = vector_of("v01.000b82123456.dll190.enc.bin");
    damaged.back() ^= 1U;
    refuses(damaged, "checksum", ErrorKind::invalid);
}

TEST_F(LegacyEncoderTest, RefusesAnAnswerThatDoesNotEnd) {
    refuses(Bytes(gs_binary_size_max + 1, 'x'), std::to_string(gs_binary_size_max),
            ErrorKind::invalid);
}

TEST_F(LegacyEncoderTest, DoesNotWaitForEver) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe2(pipe.data(), O_CLOEXEC), 0);
    const Fd until(pipe[0]);
    Fd done(pipe[1]);
    const Encoder encoder(path_, [&](const Fd&, const std::string&) {
        char end = 0;
        EXPECT_EQ(::read(until.get(), &end, 1), 0); // until the question has been given up
    });
    const auto refused = run_legacy_encoder(path_, "ht", phone, "P64 = auto\n", 50ms);
    done = Fd();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::io);
    EXPECT_THAT(refused.error().message, HasSubstr("in time"));
    EXPECT_THAT(refused.error().message, HasSubstr("class ht"));
}

TEST_F(LegacyEncoderTest, SaysThatNobodyListens) {
    for (const std::string& path :
         {path_, std::string(), std::string(200, 'x'), folder_.write("file", "")}) {
        const auto refused = run_legacy_encoder(path, "ht", phone, "");
        ASSERT_FALSE(refused) << path;
        EXPECT_EQ(refused.error().kind, ErrorKind::io);
        EXPECT_THAT(refused.error().message, HasSubstr("class ht (" + path + ")"));
    }
}

TEST(CheckVendorFile, TakesAnyEncryptedFileThatIsWholeAndAPlainOneOfTheDevice) {
    for (const char* name : {"v01.000b82123456.dll181.enc.bin", "v02.000b82000000.dll190.enc.bin",
                             "v01.000b82123456.dll181.plain.bin", "v01.000b82123456.perl.bin",
                             "v01.000b82123456.elastix.bin", "v01.000b82123456.gs3.bin"}) {
        const Done good = check_vendor_file(phone, vector_of(name));
        EXPECT_TRUE(good) << name << ": " << good.error().message;
    }
}

TEST(CheckVendorFile, RefusesAFileOfAnotherDeviceAndAnyByteThatChanged) {
    const Done other = check_vendor_file(phone, vector_of("v02.000b82000000.dll190.plain.bin"));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().message, "the file is for 000b82000000, not for 000b82123456");
    for (const char* name :
         {"v01.000b82123456.dll190.enc.bin", "v01.000b82123456.dll190.plain.bin"}) {
        const Bytes whole = vector_of(name);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            Bytes changed = whole;
            changed[at] ^= 1U;
            EXPECT_FALSE(check_vendor_file(phone, changed)) << name << " " << at;
        }
        EXPECT_FALSE(check_vendor_file(phone, ByteView(whole).first(whole.size() - 2))) << name;
    }
}

} // namespace
} // namespace plugtone
