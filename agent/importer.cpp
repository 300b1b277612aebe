#include "agent/importer.hpp"

#include <algorithm>
#include <ctime>
#include <set>

#include "core/base/text.hpp"
#include "core/formats/openssl_container.hpp"

namespace plugtone {

namespace {

constexpr std::size_t header_row = 1;
// Bad cells that are named one by one.
constexpr std::size_t bad_cells_max = 1000;

enum class ColumnKind { mac, class_name, label, parameter };

struct Column {
    ColumnKind kind = ColumnKind::parameter;
    std::string name; // as in the header
};

class Import {
public:
    Import(Operations& operations, const CsvTable& table)
        : operations_(operations), pipeline_(operations.pipeline()), table_(table) {}

    // False: something is bad.
    bool check() {
        read_header();
        if (outcome_.bad.empty()) {
            for (const Device& device : operations_.inventory().devices())
                present_.emplace(device.mac, device);
            parameters_ = operations_.inventory().all_parameters();
            for (const CsvTable::Row& row : table_.rows)
                check_row(row);
        }
        return outcome_.bad.empty();
    }

    Done take(const Pipeline::Progress& progress) {
        Scope scope;
        for (const Device& device : added_)
            scope.devices.insert(device.mac);
        for (const Device& device : changed_)
            scope.devices.insert(device.mac);
        for (const Inventory::Setting& setting : settings_)
            scope.devices.insert(setting.mac);
        outcome_.added = added_.size();
        outcome_.changed = scope.devices.size() - added_.size();
        outcome_.unchanged = table_.rows.size() - scope.devices.size();
        if (scope.devices.empty())
            return {};
        return pipeline_.change(
            "device import of " + std::to_string(outcome_.added) + " new and " +
                std::to_string(outcome_.changed) + " changed",
            scope,
            [this](Generation generation) {
                Inventory& inventory = operations_.inventory();
                inventory.adopt(generation, added_, std::time(nullptr));
                for (const Device& device : changed_)
                    inventory.change_device(generation, device);
                inventory.set_parameters(generation, settings_);
                return Done{};
            },
            progress);
    }

    ImportOutcome outcome() { return std::move(outcome_); }

private:
    void bad(std::size_t row, std::size_t column, std::string text) {
        if (outcome_.bad.size() < bad_cells_max)
            outcome_.bad.push_back({row, column, std::move(text)});
        else if (outcome_.bad.size() == bad_cells_max)
            outcome_.bad.push_back(
                {row, 0, "and more: these are the first " + std::to_string(bad_cells_max)});
    }

    void read_header() {
        std::set<std::string> seen;
        for (std::size_t at = 0; at < table_.columns.size(); ++at) {
            const std::string name = lower(trim(table_.columns[at]));
            Column column{name == "mac"     ? ColumnKind::mac
                          : name == "class" ? ColumnKind::class_name
                          : name == "label" ? ColumnKind::label
                                            : ColumnKind::parameter,
                          std::string(trim(table_.columns[at]))};
            std::string key = name;
            if (column.kind == ColumnKind::parameter) {
                const auto number = pipeline_.dictionary().resolve(column.name);
                const Done good = number ? check_settable(*number)
                                         : Done(fail(ErrorKind::invalid, number.error().message));
                if (!good) {
                    bad(header_row, at + 1, good.error().message);
                    continue;
                }
                key = number->text();
                if (std::string note = note_on(*number, pipeline_.dictionary(), ""); !note.empty())
                    outcome_.notes.push_back(std::move(note));
            }
            if (!seen.insert(key).second)
                bad(header_row, at + 1, "the column " + column.name + " stands twice");
            columns_.push_back(std::move(column));
        }
        if (!seen.contains("mac"))
            bad(header_row, 0,
                "want a column MAC; the first row has the columns' names: MAC, "
                "class, label, and parameters by number or name");
    }

    // The device that the row is about, as it is to be.
    std::optional<Device> device_of(const CsvTable::Row& row) {
        std::optional<Device> device;
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            if (columns_[at].kind != ColumnKind::mac)
                continue;
            const auto mac = Mac::parse(trim(row.cells[at]));
            if (!mac)
                bad(row.number, at + 1, mac.error().message);
            else if (!mac->is_device())
                bad(row.number, at + 1, mac->text() + ": no address of a single device");
            else if (!seen_.emplace(*mac, row.number).second)
                bad(row.number, at + 1,
                    mac->text() + " stands already in row " + std::to_string(seen_.at(*mac)));
            else if (const auto found = present_.find(*mac); found != present_.end())
                device = found->second;
            else
                device = Device{*mac, "", "", Secret()};
        }
        return device;
    }

    void read_class_and_label(const CsvTable::Row& row, Device& device) {
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            const std::string& cell = row.cells[at];
            if (trim(cell).empty())
                continue;
            if (columns_[at].kind == ColumnKind::class_name) {
                device.class_name = trim(cell);
                if (pipeline_.classes().find(device.class_name) == nullptr)
                    bad(row.number, at + 1,
                        "no class '" + printable(device.class_name) +
                            "'; 'plugtonectl class list' shows all");
            } else if (columns_[at].kind == ColumnKind::label) {
                device.label = trim(cell);
                if (auto good = check_label(device.label); !good)
                    bad(row.number, at + 1, good.error().message);
            }
        }
    }

    void check_row(const CsvTable::Row& row) {
        if (row.cells.size() != columns_.size()) {
            bad(row.number, 0,
                "want " + std::to_string(columns_.size()) + " cells as the header has, got " +
                    std::to_string(row.cells.size()));
            return;
        }
        std::optional<Device> device = device_of(row);
        if (!device)
            return;
        const auto before = present_.find(device->mac);
        read_class_and_label(row, *device);
        const DeviceClass* device_class = pipeline_.class_of(*device);
        if (device_class == nullptr && device->class_name.empty())
            bad(row.number, 0,
                device->mac.text() + ": no class recognises it; name one in a column class");
        read_settings(row, device->mac, device_class == nullptr ? "" : device_class->family);
        if (!outcome_.bad.empty())
            return;
        if (before == present_.end())
            add(*device, row.number);
        else if (before->second.class_name != device->class_name ||
                 before->second.label != device->label)
            changed_.push_back(*device);
    }

    void read_settings(const CsvTable::Row& row, const Mac& mac, std::string_view family) {
        const ParameterSet& own = parameters_[mac];
        for (std::size_t at = 0; at < columns_.size(); ++at) {
            const std::string& cell = row.cells[at];
            if (columns_[at].kind != ColumnKind::parameter || cell.empty())
                continue;
            auto setting = check_setting(columns_[at].name, cell, pipeline_.dictionary(), family);
            if (!setting) {
                bad(row.number, at + 1, setting.error().message);
                continue;
            }
            const auto present = own.find(setting->name);
            if (present == own.end() || present->second != setting->value)
                settings_.push_back({mac, *std::move(setting)});
        }
    }

    void add(Device device, std::size_t row) {
        auto password = generate_xml_password();
        if (!password) {
            bad(row, 0, password.error().message);
            return;
        }
        device.xml_password = *std::move(password);
        added_.push_back(std::move(device));
    }

    Operations& operations_;
    Pipeline& pipeline_;
    const CsvTable& table_;
    ImportOutcome outcome_;
    std::vector<Column> columns_;
    std::map<Mac, Device> present_;
    std::map<Mac, ParameterSet> parameters_;
    std::map<Mac, std::size_t> seen_; // in which row
    std::vector<Device> added_;
    std::vector<Device> changed_;
    std::vector<Inventory::Setting> settings_;
};

} // namespace

Result<ImportOutcome> import_devices(Operations& operations, const CsvTable& table,
                                     const Pipeline::Progress& progress) {
    if (table.rows.empty())
        return fail("the table has no devices: want a row for each, below the header");
    Import import(operations, table);
    if (import.check())
        if (auto taken = import.take(progress); !taken)
            return tl::unexpected(taken.error());
    return import.outcome();
}

} // namespace plugtone
