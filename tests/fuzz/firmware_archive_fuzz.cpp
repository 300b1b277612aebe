// links: firmware
// The vendor's archives, through libarchive: what comes out has a plain basic name, no more bytes
// than the limits, and each file is begun and ended once.
#include "agent/firmware/archive.hpp"

#include <set>

#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

namespace {

constexpr ArchiveLimits limits{.archive_size_max = 1U << 20U,
                               .unpacked_size_max = 1U << 20U,
                               .ratio_max = 100,
                               .ratio_free = 1U << 16U,
                               .entries_max = 20,
                               .name_size_max = 100};

class Checked final : public ArchiveTaker {
public:
    bool wants(const std::string& name) override {
        require(name.find('/') == std::string::npos, "a basic name");
        return !name.ends_with(".pdf");
    }
    Done begin(const std::string& name) override {
        require(check_firmware_name(name).has_value(), "a name that firmware can have");
        require(!open_, "one at a time");
        require(names_.insert(name).second, "each name once");
        open_ = true;
        return {};
    }
    Done take(ByteView bytes) override {
        require(open_, "what comes belongs to a file");
        taken_ += bytes.size();
        require(taken_ <= limits.unpacked_size_max, "no more than may be");
        return {};
    }
    Done end() override {
        require(open_, "what ends was begun");
        open_ = false;
        return {};
    }
    Done progress(std::uint64_t done, std::uint64_t total) override {
        require(done <= total, "no further than the end");
        return {};
    }

    std::size_t count() const { return names_.size(); }

private:
    bool open_ = false;
    std::set<std::string> names_;
    std::uint64_t taken_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Checked taker;
    const auto read = read_archive(ByteView(data, size), limits, taker);
    require(read ? taker.count() > 0 : !read.error().message.empty(),
            "something was taken, or the reason is said");
    return 0;
}
