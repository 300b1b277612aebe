// What the branch has: devices and settings, as rows that know since and until which generation
// they hold, so that a generation can be taken back. SQLite through SOCI, with full
// synchronisation. Values and XML passwords are sealed (secret_box.hpp). One thread. Throws
// soci::soci_error when the database fails.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <soci/soci.h>

#include "agent/bootstrap.hpp"
#include "agent/composed_rows.hpp"
#include "agent/firmware_rows.hpp"
#include "agent/generation.hpp"
#include "agent/override_rows.hpp"
#include "agent/password_rotation.hpp"
#include "agent/pin_rows.hpp"
#include "agent/secret_box.hpp"
#include "core/base/mac.hpp"
#include "core/base/result.hpp"
#include "core/classes/parameter.hpp"

namespace plugtone {

struct Device {
    Mac mac;
    std::string class_name; // as the operator fixed it; empty: recognised
    std::string label;
    Secret xml_password; // P1359
};

// A setting of many devices: of the site's, or of one class's.
struct SharedParameter {
    std::string value;
    bool is_public = false; // goes into the generic files, too
};
using SharedParameters = std::map<ParameterName, SharedParameter>;

// Whose settings they are: the class's of that name, or the site's.
inline const std::string of_site;

struct GenerationRecord {
    Generation number = 0;
    long long made = 0; // seconds since 1970
    std::string what;   // "device add 000b82123456"
};

class Inventory {
public:
    Inventory(const std::string& path, SecretBox box);

    soci::session& database() { return database_; }
    OverrideRows& overrides() { return overrides_; }
    FirmwareRows& firmware() { return firmware_; }
    PinRows& pins() { return pins_; }
    BootstrapRows& windows() { return windows_; }
    RotationRows& rotations() { return rotations_; }
    ComposedRows& composed() { return composed_; }

    // Reading: what holds now.
    std::vector<Device> devices();
    std::optional<Device> device(const Mac& mac);
    std::vector<Mac> macs();  // of all devices
    bool has(const Mac& mac); // opens nothing
    ParameterSet parameters(const Mac& mac);
    std::map<Mac, ParameterSet> all_parameters();
    SharedParameters shared(const std::string& owner);
    std::map<std::string, SharedParameters> all_shared(); // by owner
    // The binary file that the vendor's generator made for it.
    std::optional<Bytes> vendor_file(const Mac& mac);
    std::map<Mac, Bytes> all_vendor_files();
    std::set<Mac> vendor_file_owners();
    // The folders of the shelves that devices were told to ask on (P234, P235), the newest
    // told_shelves_max of each.
    static constexpr std::size_t told_shelves_max = 4;
    std::vector<std::string> told_shelves(const Mac& mac);
    std::map<Mac, std::vector<std::string>> all_told_shelves();

    // Changing: inside a transaction of the caller's, on behalf of the generation being made.
    struct Setting {
        Mac mac;
        Assignment assignment;
    };
    // New ones: the bootstrap window of each opens.
    void adopt(Generation generation, const std::vector<Device>& devices, long long now);
    // These have new passwords, and are to learn them.
    void await(const std::vector<Mac>& devices, long long now);
    void add_devices(Generation generation, const std::vector<Device>& devices);
    // Class and label; the password stays.
    void change_device(Generation generation, const Device& device);
    void remove_device(Generation generation, const Mac& mac);
    void set_parameters(Generation generation, const std::vector<Setting>& settings);
    // False if it was not set.
    bool unset_parameter(Generation generation, const Mac& mac, const ParameterName& name);
    void set_shared(Generation generation, const std::string& owner, const Assignment& assignment,
                    bool is_public);
    bool unset_shared(Generation generation, const std::string& owner, const ParameterName& name);
    void set_vendor_file(Generation generation, const Mac& mac, ByteView bytes);
    bool unset_vendor_file(Generation generation, const Mac& mac);
    // Not of a generation: an undo does not make a phone forget what it was told.
    void tell_shelf(const Mac& mac, const std::string& folder);

    // Generations.
    Generation newest(); // the highest number ever given
    void record(const GenerationRecord& record, bool by_operator);
    std::vector<GenerationRecord> generations(int count_max);
    // The newest change of an operator that has not been taken back.
    std::optional<GenerationRecord> last_change();
    // Takes that generation's rows away and opens again what it closed.
    void take_back(Generation generation);
    // Whose rows that generation made or closed.
    Scope touched_by(Generation generation);

    // How far this has followed the fleet's inventory (fleet.hpp); 0: not at all.
    long long fleet_revision();
    void follow_fleet(long long revision);

private:
    std::string seal(std::string_view plain, const std::string& context) const;
    std::string open(const std::string& sealed, const std::string& context) const;

    soci::session database_;
    SecretBox box_;
    OverrideRows overrides_{database_};
    FirmwareRows firmware_{database_};
    PinRows pins_{database_};
    BootstrapRows windows_{database_};
    RotationRows rotations_{database_, box_};
    ComposedRows composed_{database_};
};

} // namespace plugtone
