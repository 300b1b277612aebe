// What the branch has: devices and settings, as rows that know since and until which generation
// they hold, so that a generation can be taken back. SQLite through SOCI, with full
// synchronisation. Values and XML passwords are sealed (secret_box.hpp). One thread. Throws
// soci::soci_error when the database fails.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <soci/soci.h>

#include "agent/secret_box.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

using Generation = long long; // 1 and up; 0: before the first (SOCI has no int64_t)

struct Device {
    Mac mac;
    std::string class_name; // as the operator fixed it; empty: recognised
    std::string label;
    Secret xml_password; // P1359
};

struct SiteParameter {
    std::string value;
    bool is_public = false; // goes into the generic file, too
};
using SiteParameters = std::map<ParameterName, SiteParameter>;

struct GenerationRecord {
    Generation number = 0;
    long long made = 0; // seconds since 1970
    std::string what;   // "device add 000b82123456"
};

class Inventory {
public:
    Inventory(const std::string& path, SecretBox box);

    soci::session& database() { return database_; }

    // Reading: what holds now.
    std::vector<Device> devices();
    std::optional<Device> device(const Mac& mac);
    ParameterSet parameters(const Mac& mac);
    std::map<Mac, ParameterSet> all_parameters();
    SiteParameters site();

    // Changing: inside a transaction of the caller's, on behalf of the generation being made.
    void add_device(Generation generation, const Device& device);
    void remove_device(Generation generation, const Mac& mac);
    void set_parameter(Generation generation, const Mac& mac, const Assignment& assignment);
    // False if it was not set.
    bool unset_parameter(Generation generation, const Mac& mac, const ParameterName& name);
    void set_site(Generation generation, const Assignment& assignment, bool is_public);
    bool unset_site(Generation generation, const ParameterName& name);

    // Generations.
    Generation newest(); // the highest number ever given
    void record(const GenerationRecord& record, bool by_operator);
    std::vector<GenerationRecord> generations(int count_max);
    // The newest change of an operator that has not been taken back.
    std::optional<GenerationRecord> last_change();
    // Takes that generation's rows away and opens again what it closed.
    void take_back(Generation generation);

private:
    void create_tables();
    std::string seal(std::string_view plain, const std::string& context) const;
    std::string open(const std::string& sealed, const std::string& context) const;

    soci::session database_;
    SecretBox box_;
};

} // namespace plugtone
