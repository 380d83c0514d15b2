/** What the receiver says of itself, through the running daemon: antenna, signals, settings. */
import { type Case, type Finding, note, problem } from '../finding.js';

export function checkReceiver({ status, configFile }: Case): readonly Finding[] {
  // A daemon of an earlier version tells less.
  const receiver = status?.receiver;
  if (receiver === undefined) return [];
  const { antenna, jamming, spoofing, setup } = receiver;
  const findings: Finding[] = [];
  if (antenna === 'open' || antenna === 'short')
    findings.push(
      problem(
        'gps-antenna',
        `the receiver says that its antenna is ${antenna}`,
        antenna === 'open'
          ? "screw the antenna's plug in; an antenna without a supply of its own, or a splitter, may look open"
          : "look for a crushed cable or plug; the receiver's supply of the antenna is short-circuited",
      ),
    );
  if (spoofing === 'indicated' || spoofing === 'multiple')
    findings.push(
      problem(
        'gps-signals',
        'the receiver believes that its signals are false (spoofing)',
        'move the antenna away from other transmitters and repeaters; add servers to compare with: "pool 2.debian.pool.ntp.org iburst"',
      ),
    );
  else if (jamming === 'critical' || jamming === 'warning')
    findings.push(
      (jamming === 'critical' ? problem : note)(
        'gps-signals',
        `the receiver's signals are disturbed (jamming: ${jamming})`,
        'move the antenna away from USB 3, HDMI and switching supplies',
      ),
    );
  if (setup?.state === 'incomplete')
    findings.push(
      note(
        'gps-settings',
        `the receiver did not take all settings: ${setup.text}`,
        `sudo systemctl restart noonmarkd, and if it stays so, "configure no" on the line in ${configFile}`,
      ),
    );
  if (setup?.state === 'unanswered')
    findings.push(
      note(
        'gps-settings',
        'the receiver speaks, but answers no question: it is read as it is',
        "is the board's TX (pin 8) wired to the receiver's RX?",
      ),
    );
  return findings;
}
