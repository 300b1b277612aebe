#include "core/classes/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gmock/gmock.h>

#include "core/base/file.hpp"
#include "core/classes/dictionary_file.hpp"
#include "core/classes/known_parameters.hpp"

namespace plugtone {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

// Requests in each minute after a boot of all at once, the first one of each device.
std::vector<int> minutes_of(std::uint32_t interval, std::uint64_t first_slot, std::uint64_t count) {
    std::vector<int> minutes(2 * std::size_t{interval});
    for (std::uint64_t slot = first_slot; slot < first_slot + count; ++slot)
        ++minutes.at(first_request_min(interval, slot));
    return minutes;
}

// That the devices' MACs follow one another or not makes no difference: their slots do.
TEST(Schedule, AThousandDevicesAskInNoMinuteMoreThanTwiceAsOftenAsOnTheAverage) {
    for (const std::uint32_t interval : {120U, 240U, 500U, 720U, 1000U, 1440U})
        for (const std::uint64_t count : {1000U, 999U, 1024U, 2000U, 10'000U}) {
            const auto minutes = minutes_of(interval, 0, count);
            const double mean = static_cast<double>(count) / interval;
            const long most = std::max(1L, std::lround(2 * mean)); // of whole devices
            EXPECT_LE(*std::max_element(minutes.begin(), minutes.end()), most)
                << count << " devices, every " << interval << " minutes";
        }
}

TEST(Schedule, FirstRequestsLieWithinHalfAndOneAndAHalfTimesTheInterval) {
    const auto minutes = minutes_of(1440, 0, 1000);
    EXPECT_EQ(std::count(minutes.begin(), minutes.begin() + 720, 0), 720);
    EXPECT_EQ(std::count(minutes.begin() + 2160, minutes.end(), 0), 720);
    EXPECT_EQ(first_request_min(1440, 0), 720U);
    EXPECT_EQ(first_request_min(1440, 1), 1440U);
    EXPECT_EQ(first_request_min(1440, 2), 1080U);
}

TEST(Schedule, SaysItInTheFormOfTheFamily) {
    const Schedule daily{1440, {}};
    EXPECT_THAT(scheduled(daily, "gxp", 1),
                ElementsAre(Pair(known::poll_interval, "1440"), Pair(known::poll_mode, "1")));
    EXPECT_THAT(scheduled(daily, "gxv", 1),
                ElementsAre(Pair(known::poll_interval, "1440"), Pair(known::poll_mode, "3")));
    EXPECT_THAT(scheduled(daily, "ht", 1),
                ElementsAre(Pair(known::poll_interval, "1440"), Pair(known::poll_mode, "3"),
                            Pair(known::poll_mode_v2, "1")));
    EXPECT_THAT(scheduled(daily, "", 1), IsEmpty());
    EXPECT_THAT(scheduled(daily, "unheard-of", 1), IsEmpty());
}

TEST(Schedule, SpreadsOverTheHoursOfAWindow) {
    const Schedule nightly{{}, std::pair(1U, 4U)};
    std::vector<int> hours(24);
    for (std::uint64_t slot = 0; slot < 1000; ++slot) {
        const ParameterSet set = scheduled(nightly, "grp", slot);
        EXPECT_EQ(set.at(known::poll_mode), "2");
        ++hours.at(std::stoul(set.at(known::poll_hour)));
    }
    EXPECT_THAT(std::vector(hours.begin(), hours.begin() + 6),
                ElementsAre(0, 250, 250, 250, 250, 0));
    EXPECT_EQ(scheduled(nightly, "ht", 0).at(known::poll_mode), "1");
    EXPECT_EQ(scheduled(nightly, "ht", 0).at(known::poll_mode_v2), "2");
    EXPECT_THAT(scheduled(nightly, "legacy", 0), IsEmpty()) << "they have no hours";
    EXPECT_THAT(scheduled({}, "gxp", 0), IsEmpty());
}

// The codes stand in the code, their meaning in the dictionary: they must not drift apart.
TEST(Schedule, MeansWhatTheDictionaryHas) {
    const auto text = read_file(PLUGTONE_SOURCE "/etc/parameters.d/grandstream.xml", 10 << 20);
    ASSERT_TRUE(text);
    const Dictionary dictionary(parse_dictionary_file("grandstream.xml", *text).value());
    for (const char* family : {"legacy", "gxp", "grp", "wp", "dp", "gxv", "ht", "gxw", "gac"}) {
        const auto meaning = [&](const ParameterName& name, const ParameterSet& set) {
            const auto* form = dictionary.find(name)->form_for(family);
            return form == nullptr ? "" : std::string(meaning_of(form->type, set.at(name)));
        };
        const ParameterSet often = scheduled({1440, {}}, family, 7);
        EXPECT_THAT(meaning(known::poll_mode, often), HasSubstr("so many minutes (P193)"))
            << family;
        for (const std::uint32_t interval : {schedule_interval_min, schedule_interval_max})
            for (const std::uint64_t slot : {0ULL, 0xFFFFFFFFULL})
                for (const auto& [name, value] : scheduled({interval, {}}, family, slot)) {
                    const auto good = dictionary.check(name, value, family);
                    EXPECT_TRUE(good) << family << ": " << good.error().message;
                }
        const ParameterSet nightly = scheduled({{}, std::pair(0U, 23U)}, family, 7);
        if (!nightly.empty()) {
            EXPECT_THAT(meaning(known::poll_mode, nightly), StartsWith("Every day at an hour"))
                << family;
        }
        if (nightly.contains(known::poll_mode_v2)) {
            EXPECT_EQ(meaning(known::poll_mode_v2, nightly), "Every day");
        }
    }
}

} // namespace
} // namespace plugtone
