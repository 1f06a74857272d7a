import java.util.List;

/** The threads that Paho starts for each connection and names after the client. */
final class PahoThreads {
  private static final long PATIENCE_MS = 2000;

  private PahoThreads() {}

  /**
   * Paho reports a lost connection while its threads for it may still be ending, and what they meet then they do to the
   * next connection.
   */
  static void waitForEnd(String clientId) throws InterruptedException {
    List<String> names = List.of("MQTT Rec: " + clientId, "MQTT Snd: " + clientId, "MQTT Call: " + clientId);
    long deadline = System.currentTimeMillis() + PATIENCE_MS;
    while (System.currentTimeMillis() < deadline && isAnyAlive(names)) Thread.sleep(1);
  }

  private static boolean isAnyAlive(List<String> names) {
    return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> names.contains(thread.getName()));
  }
}
