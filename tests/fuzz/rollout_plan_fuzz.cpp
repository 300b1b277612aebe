// links: firmware
// What an operator writes of a rollout: what was read, written again, reads the same.
#include "agent/firmware/rollout_plan.hpp"

#include "core/base/bytes.hpp"
#include "tests/fuzz/property.hpp"

using namespace plugtone;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = as_text({data, size});
    if (const auto rings = Rings::parse(text)) {
        require(rings->count() > 0, "there is a ring");
        require(Rings::parse(rings->text()) == *rings, "rings read the same again");
        for (std::size_t ring = 0; ring < rings->count(); ++ring)
            require(!rings->name(ring).empty(), "each has a name");
        for (std::size_t at = 1; at < rings->percents.size(); ++at)
            require(rings->percents[at - 1] < rings->percents[at], "shares rise");
    }
    if (const auto hours = QuietHours::parse(text)) {
        require(QuietHours::parse(hours->text()) == *hours, "quiet hours read the same again");
        require(hours->holds(hours->from) && !hours->holds(hours->to), "they have two ends");
    }
    if (const auto stone = SteppingStone::parse(text))
        require(SteppingStone::parse(stone->text())->text() == stone->text(),
                "a stepping stone reads the same again");
    if (const auto version = reported_version(text))
        require(FirmwareVersion::parse(version->text()) == *version,
                "a version reads the same again");
    return 0;
}
